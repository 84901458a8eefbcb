"""The task engine's wiring: what a worker runs for each saved image."""

from uuid import UUID

from django_tasks import task

from forensics.services import run_analysis
from moderation.services import flag_analysis


@task()
def analyze_image(analysis_id: str) -> None:
    """Analyze one image, then let the policies flag it, in one transaction."""
    run_analysis(analysis_id=UUID(analysis_id), on_completed=flag_analysis)

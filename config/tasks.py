"""The task engine's wiring: what a worker runs for each saved image, and beside it."""

from uuid import UUID

from django_tasks import task

from forensics.services import build_tiles, request_tiles_if_large, run_analysis
from moderation.services.backtests import run_backtest_part
from moderation.services.completing import complete_analysis


@task()
def analyze_image(analysis_id: str) -> None:
    """Analyze one image, then let the policies flag it, in one transaction.

    Tiles of a large one are a job of their own, behind the analyses that wait.
    """
    run_analysis(analysis_id=UUID(analysis_id), on_completed=complete_analysis)
    request_tiles_if_large(analysis_id=UUID(analysis_id))


@task(priority=-10)
def build_image_tiles(pyramid_id: str) -> None:
    """Cut one large picture into tiles; a failure is noted and harms nothing."""
    build_tiles(pyramid_id=UUID(pyramid_id))


@task()
def run_policy_backtest(backtest_id: str) -> None:
    """Do one part of a back-test; the next one waits behind what came in meanwhile."""
    run_backtest_part(backtest_id=UUID(backtest_id))

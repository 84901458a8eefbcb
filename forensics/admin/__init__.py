"""Images and their analyses in the Django admin: everything to see, little to do."""

from forensics.admin.analyses import AnalysisAdmin, FindingAdmin, WorkerAdmin
from forensics.admin.images import ImageAdmin

__all__ = ["AnalysisAdmin", "FindingAdmin", "ImageAdmin", "WorkerAdmin"]

"""The upload page: several files at once, each with an answer of its own."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.views import View

from accounts.requests import wants_json
from forensics.analysis.types import ImageRejectedError
from forensics.exceptions import StorageError
from forensics.language import retold
from forensics.models import Door
from forensics.presentation import status_of
from forensics.services import Receipt, submit_image
from forensics.services.intake import clean_name, refuse_too_many_bytes

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

    from accounts.models import User
    from accounts.requests import AuthenticatedRequest

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one uploaded file."""

    name: str
    receipt: Receipt | None = None
    code: str = ""
    detail: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return what the upload script needs."""
        if self.receipt is None:
            refusal = {"code": self.code, "detail": self.detail}
            return {"name": self.name, "refused": refusal, "image": None}
        status = status_of(self.receipt.image, self.receipt.analysis)
        return {"name": self.name, "refused": None, "image": status}


@method_decorator(login_required, "dispatch")
@method_decorator(
    permission_required("forensics.add_image", raise_exception=True), "dispatch"
)
class UploadView(View):
    """Take images. Answers JSON to the page's script, a page to a plain form."""

    def get(self, request: AuthenticatedRequest) -> HttpResponse:
        """Show the form."""
        return self._page(request, [])

    def post(self, request: AuthenticatedRequest) -> HttpResponse:
        """Submit every file; one that is refused does not disturb the others."""
        files = request.FILES.getlist("files")
        answers = [_submit(file, request.user) for file in files]
        if wants_json(request):
            return JsonResponse({"results": [answer.as_json() for answer in answers]})
        return self._page(request, answers, has_no_files=not files)

    def _page(
        self,
        request: AuthenticatedRequest,
        answers: list[Answer],
        *,
        has_no_files: bool = False,
    ) -> HttpResponse:
        context = {
            "answers": answers,
            "has_no_files": has_no_files,
            "max_bytes": settings.MAX_UPLOAD_BYTES,
            "max_megapixels": settings.MAX_PIXELS // 1_000_000,
            "max_files": settings.DATA_UPLOAD_MAX_NUMBER_FILES,
        }
        return render(request, "forensics/upload.html", context)


def _submit(file: UploadedFile[Any], user: User) -> Answer:
    name = clean_name(file.name or "") or gettext("(no name)")
    try:
        refuse_too_many_bytes(file.size or 0)
        receipt = submit_image(
            data=file.read(),
            original_name=file.name or "",
            door=Door.WEB,
            submitted_by=user,
        )
    except ImageRejectedError as error:
        return Answer(name, code=error.code.value, detail=retold(error.detail))
    except StorageError:
        logger.exception("an upload could not be stored")
        return Answer(
            name,
            code="storage_unavailable",
            detail=gettext(
                "The file storage did not take this file. Nothing was stored; send "
                "it again later, or tell whoever runs this installation."
            ),
        )
    return Answer(name, receipt)

"""The description of the API as pages for people. They load nothing from elsewhere."""

from csp.decorators import csp_update
from django.utils.decorators import method_decorator
from drf_spectacular.views import SpectacularRedocView, SpectacularSwaggerSplitView

# Redoc's script makes empty style elements, which it fills by rules, and one with the
# styles of its scroll bars. These are their hashes: no other inline style is applied.
# The second changes with the package; a browser test tells.
REDOC_STYLES = (
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
    "'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='",
)


class Docs(SpectacularSwaggerSplitView):
    """The description, to read and try."""

    url_name = "api:schema"


@method_decorator(csp_update({"style-src": ["'self'", *REDOC_STYLES]}), name="dispatch")
class Redoc(SpectacularRedocView):
    """The description, to read in three columns."""

    url_name = "api:schema"

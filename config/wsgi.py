"""The web process. It never loads TensorFlow: analysis happens in the worker."""

import os

from django.core.wsgi import get_wsgi_application

from config.whole_body import with_whole_bodies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = with_whole_bodies(get_wsgi_application())

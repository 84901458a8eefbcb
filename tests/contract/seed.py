"""Fills an installation with one of everything; says which keys there are.

``manage.py shell`` runs it. The last line is JSON.
"""

from __future__ import annotations

import json
import sys

from accounts.key_models import MOST_PER_MINUTE
from accounts.keys.scopes import Scope
from accounts.keys.services import KeyPlan, create_key, create_service_account
from forensics.models import Fetch, Upload
from tests.isolation.worlds import make_world

GROUPS = ["administrator", "lead", "integrator"]


def seed() -> dict[str, str]:
    """Return the secret of a key that may do everything, and a row of each kind."""
    world = make_world("contract", is_first=True)
    account = create_service_account(
        actor=None, username="contract-tester", groups=GROUPS
    )
    plan = KeyPlan(
        name="contract",
        scopes=tuple(Scope.values),
        per_minute=MOST_PER_MINUTE,
        burst=MOST_PER_MINUTE,
    )
    issued = create_key(actor=None, account=account, plan=plan)
    for sent in (Upload, Fetch):
        sent.objects.update(sent_by=account)
    keys = {name: str(key) for name, key in world.keys.items()}
    return {"secret": issued.secret, **keys}


sys.stdout.write(json.dumps(seed()) + "\n")

"""The tables of the organisation: places, people and posts, rights, and the ways in.

Rule: what is here is data that an agency keeps by itself; what may be done with it stands in the services beside.

Invariant: each model says with ``scope_region`` which regions a row belongs to, or ``org.scope`` says why it has none.
"""

from renshe.core.org.models.access import ApiToken, Credential, CutOff, Network, Session, SignInFailure, Terminal
from renshe.core.org.models.places import Agency, Department, Region
from renshe.core.org.models.rights import (
    AttributeField,
    AttributeGroup,
    CrossRegion,
    Disclosure,
    Grant,
    GrantRequest,
    ModuleSwitch,
    Sharing,
)
from renshe.core.org.models.staff import Holding, Operator, Post, PostConflict, PostGroup

__all__ = [
    "Agency",
    "ApiToken",
    "AttributeField",
    "AttributeGroup",
    "Credential",
    "CrossRegion",
    "CutOff",
    "Department",
    "Disclosure",
    "Grant",
    "GrantRequest",
    "Holding",
    "ModuleSwitch",
    "Network",
    "Operator",
    "Post",
    "PostConflict",
    "PostGroup",
    "Region",
    "Session",
    "Sharing",
    "SignInFailure",
    "Terminal",
]

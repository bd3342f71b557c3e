"""Names shared by several packages. Limits are defined beside what they limit."""

from typing import Final

DOMAIN: Final = "interphone"

# Paths.
BASE_PATH: Final = "/api/interphone"
SOCKETIO_PATH: Final = "/socket.io/"

# Options of the config entry.
CONF_ORIGINS: Final = "origins"
CONF_DOMAINS: Final = "domains"
CONF_SENSITIVE_ENTITIES: Final = "sensitive_entities"
CONF_DOORS: Final = "doors"
CONF_HARMLESS: Final = "harmless"
CONF_DOORBELLS: Final = "doorbells"
CONF_BY_AREA: Final = "by_area"
CONF_INCLUDE: Final = "include"
CONF_EXCLUDE: Final = "exclude"
CONF_AREAS: Final = "areas"
CONF_FLOORS: Final = "floors"
CONF_LABELS: Final = "labels"
CONF_DEVICES: Final = "devices"
CONF_ENTITIES: Final = "entities"
CONF_DISPLAYS: Final = "displays"
CONF_DISPLAY_USERS: Final = "display_users"
CONF_ASK_BEFORE_SHOWING: Final = "ask_before_showing"
CONF_CODE_LENGTH: Final = "code_length"
CONF_CODE_LIFETIME: Final = "code_lifetime"
CONF_TOKEN_LIFETIME: Final = "token_lifetime"
CONF_SOCKETS_PER_SOURCE: Final = "sockets_per_source"

# Bus event before each service call for a website, for the logbook and the audit.
EVENT_COMMAND: Final = "interphone_command"

# Bus event when a website answers a ring, for automations and the logbook.
EVENT_ANSWERED: Final = "interphone_answered"

# Bus event at each step of a pairing, without its code, for automations and the logbook.
EVENT_PAIRING: Final = "interphone_pairing"

# Bus event when too many wrong codes have closed the failure gate, for automations.
EVENT_GATE_CLOSED: Final = "interphone_gate_closed"

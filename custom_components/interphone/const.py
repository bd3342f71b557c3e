"""Limits and defaults, each with its reason."""

from typing import Final

DOMAIN: Final = "interphone"

# The wire.
BASE_PATH: Final = "/api/interphone"
SOCKETIO_PATH: Final = "/socket.io/"

# Options of the config entry.
CONF_ORIGINS: Final = "origins"
CONF_DOMAINS: Final = "domains"
CONF_SENSITIVE_ENTITIES: Final = "sensitive_entities"
CONF_CODE_LENGTH: Final = "code_length"
CONF_CODE_LIFETIME: Final = "code_lifetime"
CONF_TOKEN_LIFETIME: Final = "token_lifetime"

# Codes. Eight digits: easy to read aloud, and 20 guesses between two taps find one with 2e-7.
CODE_LENGTH: Final = 8
CODE_LENGTH_MIN: Final = 6
CODE_LENGTH_MAX: Final = 10
CODE_LIFETIME: Final = 300.0
CODE_LIFETIME_MIN: Final = 60.0
CODE_LIFETIME_MAX: Final = 900.0

# Tokens. 30 h, as in the contract of 2021: a day, and time to come home.
TOKEN_LIFETIME: Final = 30 * 3600
TOKEN_LIFETIME_MIN: Final = 3600
TOKEN_LIFETIME_MAX: Final = 30 * 24 * 3600
TOKEN_LEEWAY: Final = 30
# A token of ours has about 400 characters; longer ones are not worth parsing.
TOKEN_LENGTH_MAX: Final = 4096

# Bodies. A batch of 64 commands with generous parameters stays below this.
BODY_SIZE_MAX: Final = 64 * 1024
BATCH_SIZE_MAX: Final = 64

# A session that shows no token within this time is closed.
AUTHENTICATE_TIMEOUT: Final = 5.0

# A service call that has not returned by then is answered as timed out; it may still finish.
COMMAND_TIMEOUT: Final = 10.0

# How many numbered changes the feed keeps for sessions that resume: minutes of a busy home.
FEED_LENGTH: Final = 4096

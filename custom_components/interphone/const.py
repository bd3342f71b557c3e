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
CONF_DOORBELLS: Final = "doorbells"
CONF_INCLUDE: Final = "include"
CONF_EXCLUDE: Final = "exclude"
CONF_AREAS: Final = "areas"
CONF_FLOORS: Final = "floors"
CONF_LABELS: Final = "labels"
CONF_DEVICES: Final = "devices"
CONF_ENTITIES: Final = "entities"
CONF_ASK_BEFORE_SHOWING: Final = "ask_before_showing"
CONF_CODE_LENGTH: Final = "code_length"
CONF_CODE_LIFETIME: Final = "code_lifetime"
CONF_TOKEN_LIFETIME: Final = "token_lifetime"
CONF_SOCKETS_PER_SOURCE: Final = "sockets_per_source"

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
# A refresh whose answer was lost may be asked again within this time (RFC 9700, section 4.14.2, allows none or little).
REFRESH_GRACE: Final = 30.0
# Spent refresh tokens remembered per grant to recognise their reuse: weeks at one refresh a day.
SPENT_REFRESH_TOKENS_MAX: Final = 32
# Grants a home keeps; far more than anyone pairs, few enough to look through.
GRANTS_MAX: Final = 64
# When and from where a grant was last used may be lost in a crash for this long.
LAST_USED_SAVE_DELAY: Final = 300.0

# What could not be written is tried again after this time: a full disk is noticed and emptied in minutes.
SAVE_RETRY_DELAY: Final = 60.0

# Bodies. A batch of 64 commands with generous parameters stays below this.
BODY_SIZE_MAX: Final = 64 * 1024
BATCH_SIZE_MAX: Final = 64

# A session that shows no token within this time is closed.
AUTHENTICATE_TIMEOUT: Final = 5.0

# A service call that has not returned by then is answered as timed out; it may still finish.
COMMAND_TIMEOUT: Final = 10.0
# Fired on Home Assistant's bus before each service call a website causes, for the logbook.
EVENT_COMMAND: Final = "interphone_command"
# How long a device is watched, after the call returned, for the state the command wanted: "confirmed", else "done".
CONFIRM_TIMEOUT: Final = 1.0
# Results kept for commands that come again with the same id: retries come within minutes.
COMMAND_MEMORY: Final = 1024
COMMAND_MEMORY_LIFETIME: Final = 600.0
# Commands a grant may give at once, and per second after that: a whole batch, and a slider that is dragged.
COMMAND_BURST: Final = 128
COMMAND_RATE: Final = 20.0

# How many numbered changes the feed keeps for sessions that resume: minutes of a busy home.
FEED_LENGTH: Final = 4096
# A ring of the doorbell is worth showing for half a minute.
EVENT_LIFETIME: Final = 30.0

# A ring may wait for an answer this long, in seconds: nobody stands at a door for more than five minutes.
RING_TIMEOUT_MIN: Final = 5
RING_TIMEOUT_MAX: Final = 300
# Rings remembered, so that a late answer is told what happened: more than ring in a day.
RINGS_MAX: Final = 64
# Names, messages and answers of rings: a line on a telephone.
RING_TEXT_MAX: Final = 256
# Fired on Home Assistant's bus when a website answers a ring, for automations.
EVENT_ANSWERED: Final = "interphone_answered"

# A poll for events may wait this long: below the 30 s after which proxies give up.
POLL_WAIT_MAX: Final = 25.0
# Polls of one grant that wait at once: a few tabs. One more, and the oldest is answered early.
POLLS_PER_GRANT: Final = 4

# History: what a chart on a telephone shows, and what a database gives without effort.
HISTORY_SPAN: Final = 24 * 3600.0
HISTORY_SPAN_MAX: Final = 7 * 24 * 3600.0
HISTORY_POINTS_MAX: Final = 1000
# Read in pieces, so that a meter that reports each second does not fill the memory.
HISTORY_PIECE: Final = 3600.0
HISTORY_PIECE_MAX: Final = 6 * 3600.0

# A forecast: sixteen days by the hour, as the most generous services give.
FORECAST_POINTS_MAX: Final = 384
# A weather service that has not answered by then is given up.
FORECAST_TIMEOUT: Final = 10.0
# Everyone who asks for it within this time gets the same one: services foretell anew every ten minutes at best, and
# some count or charge each question.
FORECAST_LIFETIME: Final = 60.0
# And the same failure: a service that is down is not asked without a pause, and is soon asked again.
FORECAST_FAILURE_LIFETIME: Final = 5.0

# A camera's picture: a large JPEG, not a film.
PICTURE_SIZE_MAX: Final = 2 * 1024 * 1024
# Everyone who asks for it within this time gets the same one.
PICTURE_LIFETIME: Final = 1.0
# A camera that has sent no picture by then is given up.
PICTURE_TIMEOUT: Final = 10

# A stream's address that nobody used for this long is over: players ask every few seconds, and even a page that opens
# slowly begins within a minute.
STREAM_IDLE_TIMEOUT: Final = 60.0
# One that is used without a pause ends all the same: whoever got hold of it watches no longer than this.
STREAM_LIFETIME: Final = 12 * 3600.0
# Addresses of one grant at once: a household's screens with all their cameras. One more, and the least used is over.
STREAMS_PER_GRANT: Final = 32
# Requests of one address that wait at once: each of a few players waits for a playlist and a part or two.
STREAM_REQUESTS_MAX: Final = 32
# A camera that has streamed nothing by then is given up for now: below the 30 s after which proxies give up.
STREAM_TIMEOUT: Final = 25.0
# A camera that named no source is not asked again for this long, whoever asks: a cloud or a login may be behind it.
STREAM_FAILURE_LIFETIME: Final = 5.0

# WebRTC: streams one socket watches at once, and the size of what it sends to set one up.
WEBRTC_STREAMS_PER_SOCKET: Final = 4
WEBRTC_OFFER_SIZE_MAX: Final = 32 * 1024
WEBRTC_CANDIDATE_SIZE_MAX: Final = 4 * 1024

# Requests for a code: enough for a person who tries again, too few to make the panels a nuisance.
REQUESTS_PER_SOURCE: Final = ((3, 600.0),)
REQUESTS_UNKNOWN: Final = ((6, 3600.0), (20, 86400.0))
# Checks of a code: per source, and for the whole home, so that a thousand sources guess no faster than a few.
CHECKS_PER_SOURCE: Final = ((10, 60.0), (30, 3600.0))
CHECKS_TOTAL: Final = ((60, 3600.0),)
# Attempts at one pairing. A plain code is shared by all who ask, so no single source can use it up.
ATTEMPTS_PER_SOURCE: Final = 5
ATTEMPTS_PLAIN_TOTAL: Final = 20
# Pairings that wait while one is shown.
PENDING_MAX: Final = 3
# Wrong codes, home-wide, after which no code exists until someone at home taps "show".
FAILURE_GATE: Final = 20
# A person who waits a minute comes back; one told to wait an hour is locked out.
RETRY_AFTER_MAX: Final = 60.0
# Sources whose budgets are remembered: an attacker with more addresses is held by the home-wide budgets.
TRACKED_SOURCES_MAX: Final = 10_000
# A code begun on a panel has 20^12 possibilities (52 bit): it needs no attempt budget, so no outsider can spend one.
PANEL_CODE_LENGTH: Final = 12
# Names and hints that strangers send for the panels to show.
CLIENT_TEXT_MAX: Final = 64

# Engine.IO. The heartbeat is the one of the JavaScript server: clients and proxies are tuned to it.
ENGINE_PING_INTERVAL: Final = 25.0
ENGINE_PING_TIMEOUT: Final = 20.0
# A WebSocket that is to replace polling must prove itself within this time.
ENGINE_UPGRADE_TIMEOUT: Final = 10.0
# A closing handshake is cut short then, so that an unload is done within 2 s.
ENGINE_CLOSE_TIMEOUT: Final = 1.5
# How long a closed polling session keeps its last packets for one more poll.
ENGINE_FAREWELL_TIMEOUT: Final = 5.0
# A body that trickles longer than this is given up.
ENGINE_BODY_TIMEOUT: Final = 20.0
# One message or POST: enough for a batch of commands; panels, once known, may send pictures. A body is cut off at its
# limit; a WebSocket message is weighed when it is whole, so that a socket may hold the larger one meanwhile.
ENGINE_PACKET_SIZE: Final = 64 * 1024
ENGINE_PACKET_SIZE_MAX: Final = 1024 * 1024
# Packets in one POST: the JavaScript clients send what gathered during the POST before.
ENGINE_PAYLOAD_PACKETS: Final = 64
# Packets in the answer to one poll: Python's client refuses more.
ENGINE_POLL_PACKETS: Final = 16
# What waits for a client that does not read; at the next packet it is cut off as `too_slow`, and may resume. One
# packet fits always: the snapshot of a large home is a large one.
ENGINE_QUEUE_PACKETS: Final = 512
ENGINE_QUEUE_SIZE: Final = 1024 * 1024
# What the kernel may hold unsent for one of them, where it can be told: it would take megabytes unasked.
ENGINE_UNSENT_SIZE: Final = 128 * 1024
# A client is not read further while this many of its packets wait for the application.
ENGINE_INBOX_PACKETS: Final = 64
# Sessions: a browser's tabs and a home's panels come from one address; all together, idle, stay below 64 MiB. Behind a
# proxy that hides its clients everybody comes from one: then the option lets more in.
ENGINE_SESSIONS: Final = 2048
ENGINE_SESSIONS_PER_SOURCE: Final = 64
ENGINE_SESSIONS_PER_SOURCE_MIN: Final = 8
ENGINE_SESSIONS_UNAUTHENTICATED: Final = 128

# Socket.IO. Attachments of one packet: a snapshot and its thumbnails, not a heap to be filled.
SOCKETIO_ATTACHMENTS_MAX: Final = 10
# Nesting of JSON that comes in: commands need five levels, and recursion over more costs stack.
JSON_DEPTH_MAX: Final = 32
# Events of one session: a slider sends about ten a second; the burst is a scene of sixty devices.
SOCKETIO_EVENT_RATE: Final = 20.0
SOCKETIO_EVENT_BURST: Final = 60

# Records the audit keeps of each kind: months of a quiet home.
AUDIT_LENGTH: Final = 1000
# What a crash may take of the audit.
AUDIT_SAVE_DELAY: Final = 30.0

# The signing key is renewed after this time; the one before it verifies until its last token ran out.
SIGNING_KEY_MAX_AGE: Final = 90 * 24 * 3600.0
# How often its age is looked at.
SIGNING_KEY_CHECK: Final = 24 * 3600.0

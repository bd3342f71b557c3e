"""Tests of the integration against a real Home Assistant, and of the example website."""

from asyncio import constants
import logging

# The test plugin gives the root logger a handler of its own, which writes to the terminal what is logged while pytest
# captures nothing, and a second time what pytest does capture.
for _handler in tuple(logging.root.handlers):
    if type(_handler) is logging.StreamHandler:
        logging.root.removeHandler(_handler)

# Home Assistant looks for libturbojpeg when its camera component is first imported, and logs a traceback without it.
# No test needs that library. Without any handler Python itself would write the record to the terminal.
logging.getLogger("homeassistant.components.camera.img_util").setLevel(logging.CRITICAL)

# The plugin also sets the loop's debug mode, which keeps the stack of every scheduled call for its messages. Ten frames
# of it take a fifth of the tests' time; the caller alone is enough.
constants.DEBUG_STACK_DEPTH = 1

"""Tests of the integration against a real Home Assistant, and of the example website."""

import logging

# The test plugin gives the root logger a handler of its own, which writes to the terminal what is logged while pytest
# captures nothing, and a second time what pytest does capture.
for _handler in tuple(logging.root.handlers):
    if type(_handler) is logging.StreamHandler:
        logging.root.removeHandler(_handler)

# Home Assistant looks for libturbojpeg when its camera component is first imported, and logs a traceback without it.
# No test needs that library. Without any handler Python itself would write the record to the terminal.
logging.getLogger("homeassistant.components.camera.img_util").setLevel(logging.CRITICAL)

# Home Assistant answers `import voluptuous` with probatio since 2026.10; so do the types.
from probatio import *

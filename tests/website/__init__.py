from pathlib import Path
import sys

# The website is no package of this environment: it is run from its folder, and tested from there.
sys.path.append(str(Path(__file__).parents[2] / "examples" / "website"))

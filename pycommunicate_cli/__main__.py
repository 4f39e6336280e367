"""`python -m pycommunicate_cli`."""

from pycommunicate_cli.main import main

main(prog_name="pycommunicate")

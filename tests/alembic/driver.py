"""Runs Alembic's commands, one JSON object per line of standard input, and answers with one.

One process for many commands: starting Alembic takes far longer than running it.
"""

import io
import json
import logging
import sys
import traceback

from alembic import command
from alembic.config import Config

logging.disable(logging.CRITICAL)


def run(folder, url, name, args, options):
    output = io.StringIO()
    config = Config(stdout=output, output_buffer=output)
    config.set_main_option("script_location", folder)
    config.set_main_option("sqlalchemy.url", url)
    getattr(command, name)(config, *args, **options)
    return output.getvalue()


for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = {"output": run(**request)}
    except (Exception, SystemExit):
        answer = {"error": traceback.format_exc()}
    print(json.dumps(answer), flush=True)

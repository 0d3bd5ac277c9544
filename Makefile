# Everything one does with Harbour. Each target makes .venv itself where it is missing or stale.
PYTHON ?= python3
BIN := .venv/bin

# What a real installation sets, made up: the checks must find nothing in it. None is reached.
SAMPLE_PRODUCTION := HARBOUR_ENV=production \
	SECRET_KEY=a-sample-of-fifty-letters-that-signs-nothing-0123456789 \
	ALLOWED_HOSTS=harbour.example \
	DATABASE_URL=postgres://harbour:sample@database.example:5432/harbour \
	CELERY_BROKER_URL=amqp://harbour:sample@broker.example:5672// \
	EMAIL_URL=smtp+tls://harbour:sample@mail.example:587 \
	DEFAULT_FROM_EMAIL=margin@harbour.example \
	FILES_DIR=/srv/harbour \
	CLAMAV_URL=tcp://scanner.example:3310

.PHONY: demo test check bench lock .venv

demo: .venv
	$(BIN)/python manage.py demo

test: .venv
	$(BIN)/pytest -q -n 2 --dist loadfile $(PYTEST)

check: .venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	env -i PATH="$$PATH" $(SAMPLE_PRODUCTION) \
		$(BIN)/python manage.py check --deploy --fail-level WARNING

bench: .venv
	$(BIN)/python manage.py bench_sweep
	$(BIN)/python manage.py bench_prices

# The pins are made for every platform at once; uv lives in a folder that is thrown away.
lock:
	@set -e; uv=$$(mktemp -d); trap 'rm -rf "$$uv"' EXIT; \
	$(PYTHON) -m venv "$$uv"; \
	"$$uv/bin/pip" install --quiet --disable-pip-version-check uv; \
	"$$uv/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --output-file requirements.lock requirements.in

.venv: .venv/installed

# The stamp is touched only when every package is in, so an interrupted install starts again.
.venv/installed: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Harbour needs Python 3.11 or newer, and $(PYTHON) is" \
			"$$($(PYTHON) --version 2>/dev/null || echo missing). Try: make PYTHON=python3.11" >&2; \
		exit 1; }
	@$(BIN)/python -c '' 2>/dev/null || $(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes \
		--requirement requirements.lock
	@touch $@

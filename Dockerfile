# One image for web and worker; which of the two it is, the command says (see compose.yaml).
FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MALLOC_ARENA_MAX=1 \
    MALLOC_TRIM_THRESHOLD_=131072 \
    OMS_DATA_DIR=/data \
    PORT=8000

RUN useradd --system --uid 10001 --home-dir /app oms \
 && install -d -o oms -g oms /app /data

WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir --require-hashes -r requirements.txt
COPY . .

# Static files are part of the image; no secret is needed to collect them, only well-formed ones.
ARG NO_KEY=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
RUN OMS_ENV=production SECRET_KEY=none OMS_MASTER_KEYS=$NO_KEY OMS_INDEX_KEY=$NO_KEY \
    ALLOWED_HOSTS=none OMS_DATA_DIR=/tmp/build OMS_STATIC_ROOT=/app/collected \
    python manage.py collectstatic --no-input --verbosity 0 \
 && rm -rf /tmp/build
ENV OMS_STATIC_ROOT=/app/collected

USER oms
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
  CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}/health/\")"]
CMD ["sh", "-c", "exec gunicorn oms.wsgi --bind 0.0.0.0:$PORT --workers ${WEB_CONCURRENCY:-2} --threads ${OMS_WEB_THREADS:-4} --timeout 60 --graceful-timeout 20 --worker-tmp-dir /dev/shm --no-control-socket"]

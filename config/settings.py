"""Django's settings. Everything the program writes lies under ADPATROL_HOME (design/commands.md)."""

from __future__ import annotations

import os
import secrets
from datetime import timedelta
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent
HOME = Path(os.environ.get("ADPATROL_HOME", "var")).resolve()
# Where the office's settings lie, the overlay first: the console reads law texts and templates there.
CONFIG_FOLDERS = [Path(p).resolve() for p in [os.environ.get("ADPATROL_CONFIG", "")] if p] + [BASE / "config"]


def _secret() -> str:
    """The key made by `adpatrol init`; before that (tests, `scan`) one for this process only."""
    try:
        return (HOME / "keys" / "secret.txt").read_text(encoding="ascii").strip()
    except OSError:
        return secrets.token_urlsafe(48)


SECRET_KEY = _secret()
DEBUG = False
ALLOWED_HOSTS = [h for h in os.environ.get("ADPATROL_HOSTS", "127.0.0.1,localhost,[::1],testserver").split(",") if h]
INSTALLED_APPS = [
    "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.messages",
    "django.contrib.staticfiles", "axes", "django_htmx",
    "indexer", "alerts", "console",
]
MIDDLEWARE = [
    "console.middleware.headers",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "console.middleware.idle",
    "console.middleware.DefaultDeny",
    "axes.middleware.AxesMiddleware",
]
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]  # one person's slips lock nobody else's account
AXES_RESET_ON_SUCCESS = True
AXES_HTTP_RESPONSE_CODE = 429
AXES_LOCKOUT_CALLABLE = "console.views.account.locked_out"
AXES_VERBOSE = False
AXES_IPWARE_PROXY_COUNT = 0
CONSOLE_IDLE_S = int(os.environ.get("ADPATROL_IDLE_S", "1800"))
SESSION_IDLE_S = float(os.environ.get("ADPATROL_SESSION_IDLE_S", "300"))  # a 取证会话 without an act ends as 中断
# 广告自查: who may (off, signed-in, public), keys of the API (16 characters at least), and how often an outsider or a key may ask.
SELFCHECK = os.environ.get("ADPATROL_SELFCHECK", "signed-in")
if SELFCHECK not in ("off", "signed-in", "public"):
    raise ValueError(f"ADPATROL_SELFCHECK 只能是 off、signed-in 或 public，不能是“{SELFCHECK}”")
SELFCHECK_KEYS = [key for key in os.environ.get("ADPATROL_SELFCHECK_KEYS", "").split(",") if len(key) >= 16]
SELFCHECK_PER_MINUTE = 20
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 50_000}}}  # counts of callers, nothing else
ROOT_URLCONF = "console.urls"
TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
    "OPTIONS": {"context_processors": [
        "django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
        "django.contrib.messages.context_processors.messages", "console.context.shell",
    ]},
}]
WSGI_APPLICATION = None
DATABASES = {"default": {
    "ENGINE": "django.db.backends.sqlite3", "NAME": HOME / "adpatrol.sqlite3",
    "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL"},
}}
# 检索集群 (indexer.search.backend); without ADPATROL_SEARCH_URL the embedded index alone. The key lies in a file, never on a command line.
def _search_cluster() -> dict[str, object] | None:
    urls = tuple(url.strip() for url in os.environ.get("ADPATROL_SEARCH_URL", "").split(",") if url.strip())
    if not urls:
        return None
    key_file, ca = os.environ.get("ADPATROL_SEARCH_API_KEY_FILE", ""), os.environ.get("ADPATROL_SEARCH_CA", "")
    return {
        "urls": urls, "index": os.environ.get("ADPATROL_SEARCH_INDEX", "adpatrol"), "ca": Path(ca) if ca else None,
        "api_key": Path(key_file).read_text(encoding="ascii").strip() if key_file else os.environ.get("ADPATROL_SEARCH_API_KEY", ""),
        "timeout_s": float(os.environ.get("ADPATROL_SEARCH_TIMEOUT_S", "10")), "shards": int(os.environ.get("ADPATROL_SEARCH_SHARDS", "1")),
        "replicas": int(os.environ.get("ADPATROL_SEARCH_REPLICAS", "0")),
    }


SEARCH_CLUSTER = _search_cluster()
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/sign-in/"
CSRF_FAILURE_VIEW = "console.views.account.csrf_failed"
LOGIN_REDIRECT_URL = "/"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 8 * 3600
CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_I18N = True
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True  # straight from the packages: nothing to collect
WHITENOISE_ALLOW_ALL_ORIGINS = False

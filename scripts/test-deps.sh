#!/usr/bin/env bash
# What tests look through beyond what pip installs: a browser and Chinese fonts, for the report; poppler, for printed
# papers; LibreOffice, for workbooks that come back saved by it; Java, for Spark; the distribution's PostgreSQL, beside
# the one of pip.
# In CI (CI=true, root, Debian) they are installed; anybody else is told what is missing, and those tests are skipped.
set -euo pipefail

missing=()
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null ||
    missing+=(chromium)
command -v pdftotext >/dev/null || missing+=(poppler-utils)
command -v soffice >/dev/null || missing+=(libreoffice-calc-nogui)
{ "${JAVA_HOME:+$JAVA_HOME/bin/}java" -version 2>&1 | grep -Eq 'version "(1[7-9]|[2-9][0-9])'; } ||
    missing+=(openjdk-17-jre-headless)
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
{ command -v fc-list >/dev/null && fc-list :lang=zh | grep -q .; } || missing+=(fonts-noto-cjk)

if [ "${#missing[@]}" -eq 0 ]; then
    exit 0
fi
if [ "${CI:-}" = true ] && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q
    apt-get install -q -y --no-install-recommends "${missing[@]}"
else
    echo "NOT INSTALLED: ${missing[*]}. Tests that need them will be SKIPPED." >&2
    echo "As root on Debian or Ubuntu: apt-get install ${missing[*]}" >&2
fi

#!/bin/sh
# 不联网安装 renshe：./install.sh [安装到哪个文件夹]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target=${1:-$HOME/renshe}
python=${PYTHON:-python3.11}
command -v "$python" >/dev/null || python=python3
if ! "$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
    echo "错误：需要 Python 3.11；请先安装，或用 PYTHON=…/python3.11 ./install.sh 指明" >&2
    exit 2
fi
(cd "$here" && sha256sum --quiet -c SHA256SUMS) || {
    echo "错误：安装包不完整或被改动；请重新复制" >&2
    exit 2
}
"$python" -m venv "$target"
"$target/bin/python" -m pip install --quiet --disable-pip-version-check --no-index --find-links "$here/wheels" renshe
"$target/bin/renshe" --version
echo "已安装到 $target。试用：$target/bin/renshe demo；启动：$target/bin/renshe serve"

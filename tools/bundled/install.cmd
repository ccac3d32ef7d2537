@echo off
rem Installs renshe without network: install.cmd [folder]
chcp 65001 >nul
set "target=%~1"
if "%target%"=="" set "target=%USERPROFILE%\renshe"
py -3.11 --version >nul 2>nul || (echo 错误：需要 Python 3.11；请先安装 & exit /b 2)
py -3.11 -m venv "%target%" || exit /b 1
"%target%\Scripts\python" -m pip install --quiet --disable-pip-version-check --no-index --find-links "%~dp0wheels" renshe || exit /b 1
"%target%\Scripts\renshe" --version
echo 已安装到 %target%。启动："%target%\Scripts\renshe" serve

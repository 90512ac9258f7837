@echo off
rem The launcher on Windows: starts ./evenflow with the newest Python 3 that there is.
where py >nul 2>nul
if %errorlevel%==0 (
  py -3 "%~dp0evenflow" %*
  exit /b
)
where python >nul 2>nul
if %errorlevel%==0 (
  python "%~dp0evenflow" %*
  exit /b
)
echo evenflow: Python 3.11 to 3.13 is needed: winget install Python.Python.3.13 1>&2
exit /b 4

"""A Spark session under which rules mean what they mean on one machine.

Invariant: whatever a cluster's configuration says, the settings that could change an answer (ANSI arithmetic, dates,
string literals) are ours; everything else (master, memory, shuffles) is the configuration's where there is one. Spark
writes only into the folder given, its talk goes to a file there, and without Spark or Java nothing is begun.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_JAVA = 17
_LOG = "spark.log"
_SAME = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.decimalOperations.allowPrecisionLoss": "true",
    "spark.sql.legacy.timeParserPolicy": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.parser.escapedStringLiterals": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.variable.substitute": "false",
    "spark.sql.caseSensitive": "true",
    "spark.sql.execution.arrow.useLargeVarTypes": "false",
    "spark.sql.parquet.compression.codec": "zstd",
}
# Where any of these is set, somebody has configured Spark, and master and memory are theirs.
_CONFIGURED = ("SPARK_HOME", "SPARK_CONF_DIR", "PYSPARK_SUBMIT_ARGS", "SPARK_REMOTE", "MASTER")
_MEMORY_MB = 1024, 8192


class SparkUnavailableError(Exception):
    """Spark cannot be used here. The text is one Chinese line with its remedy."""


@contextmanager
def spark_session(folder: Path) -> Iterator[SparkSession]:
    """Yield a session that keeps what it must write in ``folder``; one that runs already is used and left running.

    SparkUnavailableError where there is no PySpark, no Java of version 17 or newer, or Spark does not start.
    """
    require_spark()
    from pyspark.sql import SparkSession

    running = SparkSession.getActiveSession()
    started = running or _start(folder)
    try:
        own = started.newSession()
        for name, value in _SAME.items():
            own.conf.set(name, value)
        yield own
    finally:
        if running is None:
            started.stop()


def require_spark() -> None:
    """Raise SparkUnavailableError unless there are PySpark and a Java of version 17 or newer."""
    if importlib.util.find_spec("pyspark") is None:
        raise SparkUnavailableError(
            "--backend spark：没有安装 PySpark；请运行 pip install 'renshe[spark]'，或改用 --backend duckdb（结果相同）"
        )
    found = java_version()
    if found is None or found < _JAVA:
        met = "没有找到 Java" if found is None else f"Java 的版本是 {found}"
        raise SparkUnavailableError(
            f"--backend spark：{met}，Spark 需要 Java {_JAVA} 或更新；请安装（如 apt install openjdk-17-jre-headless）"
            "或设置 JAVA_HOME，也可改用 --backend duckdb（结果相同）"
        )


def java_version() -> int | None:
    """Return the major version of the Java that Spark would start, None where there is none."""
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home, "bin", "java")) if home else shutil.which("java")
    if java is None:
        return None
    try:
        told = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60, check=False)
    except OSError:
        return None
    match = re.search(r'version "(?:1\.)?(\d+)', told.stderr + told.stdout)
    return int(match[1]) if match else None


def _start(folder: Path) -> SparkSession:
    from pyspark.sql import SparkSession

    folder.mkdir(parents=True, exist_ok=True)
    # Python on this machine's executors is the one that runs here; a cluster names its own.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("renshe")
    if not any(name in os.environ for name in _CONFIGURED):
        for name, value in _alone(folder).items():
            builder = builder.config(name, value)
    log = folder / _LOG
    try:
        with _talking_to(log):
            return builder.getOrCreate()
    except Exception as error:
        lines = log.read_text("utf-8", "replace").strip().splitlines()
        raise SparkUnavailableError(
            f"--backend spark：Spark 没有启动（{lines[-1].strip() if lines else error}）；"
            "请检查 Spark 的配置，或改用 --backend duckdb（结果相同）"
        ) from error


def _alone(folder: Path) -> dict[str, str]:
    """Return the settings of one machine: all its cores, half its memory at most, nothing outside ``folder``."""
    least, most = _MEMORY_MB
    half = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // (2 << 20)
    cores = os.cpu_count() or 1
    return {
        "spark.master": "local[*]",
        "spark.driver.memory": f"{max(least, min(most, half))}m",
        "spark.driver.host": "localhost",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.extraJavaOptions": f'-Djava.io.tmpdir="{folder}" -XX:+IgnoreUnrecognizedVMOptions',
        "spark.local.dir": str(folder),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.sql.shuffle.partitions": str(max(8, 4 * cores)),
        "spark.sql.adaptive.coalescePartitions.parallelismFirst": "false",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }


@contextmanager
def _talking_to(log: Path) -> Iterator[None]:
    """Let what is started in the block write its standard error to ``log``: a console is for what clerks read."""
    sys.stderr.flush()
    kept = os.dup(2)
    with log.open("ab") as stream:
        os.dup2(stream.fileno(), 2)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, 2)
        os.close(kept)

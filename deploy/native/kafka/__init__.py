"""Apache Kafka itself, one KRaft node on loopback, from Maven Central's jars: what CI and native runs compare with."""

import fcntl
import hashlib
import shutil
import subprocess
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from pathlib import Path

from deploy.native import probe
from deploy.native.process import Child, ChildFailed, free_port

_HERE = Path(__file__).parent
_JARS = Path(__file__).parents[3] / ".cache" / "kafka-jars"
_JVM = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn")

_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
log.dirs={logs}
# A topic that nobody declared is a mistake: say so.
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
"""


class Kafka(Child):
    """A single-node Apache Kafka that keeps its records."""

    name = "kafka"
    profile = "kafka"
    start_timeout = 90.0
    stop_timeout = 30.0

    @property
    def bootstrap(self) -> str:
        """The bootstrap server."""
        return self.address

    def prepare(self) -> None:
        """Write the settings; format the log directory once."""
        logs = self.data_dir / "logs"
        properties = self.data_dir / "server.properties"
        properties.write_text(_PROPERTIES.format(port=self.port, controller=free_port(), logs=logs))
        if not (logs / "meta.properties").exists():
            shutil.rmtree(logs, ignore_errors=True)
            cluster_id = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "A")
            self._run(_java("kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", str(properties)))

    def command(self) -> Sequence[str]:
        """The node, directly: no shell scripts between us and its signals."""
        return _java("kafka.Kafka", str(self.data_dir / "server.properties"))

    def ready(self) -> bool:
        """Whether it speaks Kafka."""
        return probe.kafka(self.port)

    def _run(self, command: Sequence[str]) -> None:
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        with self.log.open("a") as log:
            log.write(result.stdout + result.stderr)
        if result.returncode:
            raise ChildFailed(f"formatting Kafka's log failed: {self.last_words()}")


def _java(main: str, *arguments: str) -> list[str]:
    java = shutil.which("java")
    if java is None:
        raise ChildFailed("Apache Kafka needs Java 17 (Debian: openjdk-17-jre-headless)")
    return [java, *_JVM, "-cp", f"{fetch_jars()}/*", main, *arguments]


def fetch_jars(folder: Path = _JARS) -> Path:
    """Kafka's jars, fetched once with Maven and each checked against the committed SHA-256; processes take turns."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        done = folder / ".checked"
        sums = (_HERE / "jars.sha256").read_text()
        if not (done.exists() and done.read_text() == sums):
            _fetch(folder, sums)
            done.write_text(sums)
    return folder


def _fetch(folder: Path, sums: str) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise ChildFailed("fetching Apache Kafka's jars needs Maven (Debian: maven)")
    shutil.rmtree(folder, ignore_errors=True)
    copy = [maven, "-q", "-B", "-ntp", "-f", str(_HERE / "pom.xml"), "dependency:copy-dependencies"]
    subprocess.run([*copy, f"-DoutputDirectory={folder}"], check=True)
    _check(folder, sums)


def _check(folder: Path, sums: str) -> None:
    expected = {name: digest for digest, name in (line.split() for line in sums.splitlines())}
    found = {jar.name: hashlib.sha256(jar.read_bytes()).hexdigest() for jar in folder.glob("*.jar")}
    if found != expected:
        names = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
        raise ChildFailed(f"these jars are not the ones expected: {', '.join(names)}")

"""A plan as KEDA ScaledObjects: a kustomize patch of those in deploy/k8s/components/keda, or to be applied as they are."""

from contracts.topics import STAGE, retry_topic
from services.gateway.capacity.plan import Plan, StagePlan

OLDEST = 10
"""Seconds that the oldest record of a stage may be before a replica is added."""


def scaled_objects(plan: Plan, bootstrap: str, prometheus: str) -> str:
    """YAML, one per stage; `bootstrap` and `prometheus` as the cluster knows them.

    A lag of records in progress is normal, so the threshold holds those, too. `earliest` is what our consumers begin
    with: KEDA's default would see no backlog of a new group. Retries that wait for their time are lag that stands still.
    """
    return "---\n".join(_one(stage, bootstrap, prometheus) for stage in plan.stages)


def _one(stage: StagePlan, bootstrap: str, prometheus: str) -> str:
    topics = (*STAGE[stage.stage].sources, retry_topic(stage.stage))
    head = f"""\
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: {stage.stage}
  labels:
    app.kubernetes.io/part-of: redink
    app.kubernetes.io/name: {stage.stage}
spec:
  scaleTargetRef:
    name: {stage.stage}
  minReplicaCount: {stage.replicas}
  maxReplicaCount: {stage.partitions}
  triggers:
"""
    return head + "".join(_lag(stage, topic, bootstrap) for topic in topics) + _age(stage, prometheus)


def _lag(stage: StagePlan, topic: str, bootstrap: str) -> str:
    return f"""\
  - type: kafka
    metadata:
      bootstrapServers: {bootstrap}
      consumerGroup: {stage.stage}
      topic: {topic}
      lagThreshold: '{stage.lag_threshold}'
      offsetResetPolicy: earliest
      excludePersistentLag: '{str(topic == retry_topic(stage.stage)).lower()}'
      limitToPartitionsWithLag: 'true'
      sasl: scram_sha512
      tls: enable
    authenticationRef:
      name: kafka
"""


def _age(stage: StagePlan, prometheus: str) -> str:
    return f"""\
  - type: prometheus
    metadata:
      serverAddress: {prometheus}
      query: max(redink_stage_oldest_unprocessed_age_seconds{{stage="{stage.stage}"}})
      threshold: '{OLDEST}'
      ignoreNullValues: 'true'
"""

"""KEDA ScaledObjects of a plan, one per stage."""

from contracts.topics import STAGE, retry_topic
from services.gateway.capacity.plan import Plan, StagePlan

_OLDEST = 10
"""Seconds that the oldest record of a stage may be before a replica is added."""


def scaled_objects(plan: Plan, bootstrap: str, prometheus: str) -> str:
    """YAML; `bootstrap` and `prometheus` as the cluster knows them.

    A lag of records in progress is normal, so the threshold holds those, too. `earliest` is what our consumers begin
    with; KEDA's default would read a new group's lag as none. Scaling down is slow, as each step is a rebalance.
    """
    return "---\n".join(_one(stage, bootstrap, prometheus) for stage in plan.stages)


def _one(stage: StagePlan, bootstrap: str, prometheus: str) -> str:
    topics = (*STAGE[stage.stage].sources, retry_topic(stage.stage))
    head = f"""\
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: {stage.stage}
  labels: {{ app.kubernetes.io/name: {stage.stage}, app.kubernetes.io/part-of: redink }}
spec:
  scaleTargetRef: {{ name: {stage.stage} }}
  minReplicaCount: {stage.replicas}
  maxReplicaCount: {stage.partitions}
  pollingInterval: 15
  cooldownPeriod: 300
  advanced:
    horizontalPodAutoscalerConfig:
      behavior:
        scaleUp:
          policies: [{{ type: Pods, value: 2, periodSeconds: 60 }}]
        scaleDown:
          stabilizationWindowSeconds: 600
          policies: [{{ type: Pods, value: 1, periodSeconds: 120 }}]
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
        lagThreshold: "{stage.lag_threshold}"
        offsetResetPolicy: earliest
        excludePersistentLag: "true"
        limitToPartitionsWithLag: "true"
"""


def _age(stage: StagePlan, prometheus: str) -> str:
    return f"""\
    - type: prometheus
      metadata:
        serverAddress: {prometheus}
        query: max(redink_stage_oldest_unprocessed_age_seconds{{stage="{stage.stage}"}})
        threshold: "{_OLDEST}"
        ignoreNullValues: "false"
"""

"""The systems that are measured, ours first."""

from systems.martlet import Martlet
from systems.queues import RQ, Celery, CeleryDefault, HueyRedis, HueySQLite
from systems.webhook import Webhook

ALL = {
    "martlet": Martlet,
    "webhook": Webhook,
    "celery": Celery,
    "celery-default": CeleryDefault,
    "huey-sqlite": HueySQLite,
    "huey-redis": HueyRedis,
    "rq": RQ,
}

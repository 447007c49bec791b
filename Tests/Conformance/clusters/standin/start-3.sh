#!/bin/bash
# What a service of 3.x starts with.
own=$(cd "$(dirname "$0")/.." && pwd)
source "$own/conf/dolphinscheduler_env.sh"
JAVA_OPTS=${JAVA_OPTS:-"-server -Xms1g -Xmx1g"}
# shellcheck disable=SC2086
"$JAVA_HOME/bin/java" $JAVA_OPTS -cp "$own/conf:$own/libs/*" @CLASS@

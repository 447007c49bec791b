#!/bin/sh
# The daemon script of 1.2 to 2.0: same verbs, files and exit codes as the real one; the text is ours.
if [ $# -lt 2 ]; then echo "Usage: dolphinscheduler-daemon.sh (start|stop) <command>"; exit 1; fi
verb=$1
service=$2
home=$(cd "$(dirname "$0")/.." && pwd)
HOSTNAME=$(hostname)
mkdir -p "$home/logs"
log=$home/logs/dolphinscheduler-$service-$HOSTNAME.out
pid=$home/@PIDS@/dolphinscheduler-$service.pid
mkdir -p "$(dirname "$pid")"
cd "$home" || exit 1

export DOLPHINSCHEDULER_OPTS="-server -Xmx16g -Xms4g -Xss512k -XX:+DisableExplicitGC"
case $service in
    api-server) class=org.apache.dolphinscheduler.api.ApiApplicationServer ;;
    master-server) class=org.apache.dolphinscheduler.server.master.MasterServer ;;
    worker-server) class=org.apache.dolphinscheduler.server.worker.WorkerServer ;;
    logger-server) class=org.apache.dolphinscheduler.server.@LOGGER@.LoggerServer ;;
    alert-server) class=org.apache.dolphinscheduler.alert.AlertServer ;;
    *) echo "Error: No command named \`$service' was found."; exit 1 ;;
esac

case $verb in
    start)
        if [ -f "$pid" ] && kill -0 "$(cat "$pid")" 2>/dev/null; then
            echo "$service running as process $(cat "$pid").  Stop it first."
            exit 1
        fi
        echo "starting $service, logging to $log"
        # shellcheck disable=SC2086
        nohup "$JAVA_HOME/bin/java" $DOLPHINSCHEDULER_OPTS -classpath "$home/conf:$home/lib/*" "$class" >"$log" 2>&1 </dev/null &
        echo $! >"$pid"
        ;;
    stop)
        if [ -f "$pid" ] && kill -0 "$(cat "$pid")" 2>/dev/null; then
            echo "stopping $service"
            kill "$(cat "$pid")"
            sleep @STOP@
            if kill -0 "$(cat "$pid")" 2>/dev/null; then kill -9 "$(cat "$pid")"; fi
        else
            echo "no $service to stop"
        fi
        rm -f "$pid"
        ;;
    *) echo "Usage: dolphinscheduler-daemon.sh (start|stop) <command>"; exit 1 ;;
esac
echo "End $verb $service."

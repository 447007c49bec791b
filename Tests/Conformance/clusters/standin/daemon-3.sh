#!/bin/bash
# The daemon script of 3.x: one directory for each service, a shell as the service's process; the text is ours.
if [ $# -lt 2 ]; then echo "Usage: dolphinscheduler-daemon.sh (start|stop|status) <service>"; exit 1; fi
verb=$1
service=$2
home=$(cd "$(dirname "$0")/.." && pwd)
case $service in
    api-server | master-server | worker-server | alert-server) ;;
    *) echo "Error: No command named '$service' was found."; exit 1 ;;
esac
own=$home/$service
pid=$own/pid
mkdir -p "$own/logs"
log=$own/logs/$service-$(hostname).out
cd "$own" || exit 1
is_running() { [ -f "$pid" ] && [[ $(ps -p "$(cat "$pid")" -o comm=) =~ bash ]]; }

case $verb in
    start)
        if is_running; then
            echo "$service running as process $(cat "$pid").  Stop it first."
            exit 1
        fi
        cp "$home/bin/env/dolphinscheduler_env.sh" "$own/conf/dolphinscheduler_env.sh"
        echo "starting $service, logging to $own/logs"
        nohup /bin/bash "$own/bin/start.sh" >"$log" 2>&1 </dev/null &
        echo $! >"$pid"
        ;;
    stop)
        if is_running; then
            echo "stopping $service"
            pkill -P "$(cat "$pid")"
            sleep @STOP@
            if is_running; then pkill -9 -P "$(cat "$pid")"; fi
        else
            echo "no $service to stop"
        fi
        rm -f "$pid"
        ;;
    status)
        if is_running; then echo -e "$service  [ \033[1;32m RUNNING \033[0m ]"; else echo -e "$service  [ \033[1;31m STOP \033[0m ]"; fi
        ;;
    *) exit 1 ;;
esac
echo "End $verb $service."

#!/usr/bin/env bash
# ZooKeeper's own control script as far as it is used: same verbs, files and exit codes; the text is ours.
home=$(cd "$(dirname "$0")/.." && pwd)
if [ -f "$home/conf/java.env" ]; then . "$home/conf/java.env"; fi
conf=$home/conf/zoo.cfg
data=$(sed -n 's/^dataDir=//p' "$conf")
port=$(sed -n 's/^clientPort=//p' "$conf")
pid=$data/zookeeper_server.pid
echo "ZooKeeper JMX enabled by default" >&2
echo "Using config: $conf" >&2
case $1 in
    start)
        echo -n "Starting zookeeper ... "
        if [ -f "$pid" ] && kill -0 "$(cat "$pid")" 2>/dev/null; then
            echo "already running as process $(cat "$pid")."
            exit 0
        fi
        # shellcheck disable=SC2086
        nohup "$JAVA_HOME/bin/java" $SERVER_JVMFLAGS -cp "$home/*.jar:$home/conf" \
            org.apache.zookeeper.server.quorum.QuorumPeerMain "$conf" >"${ZOO_LOG_DIR:-.}/zookeeper.out" 2>&1 </dev/null &
        echo -n $! >"$pid"
        sleep 0.2
        echo STARTED
        ;;
    stop)
        echo -n "Stopping zookeeper ... "
        if [ ! -f "$pid" ]; then
            echo "no zookeeper to stop (could not find file $pid)"
        else
            kill "$(cat "$pid")"
            rm "$pid"
            echo STOPPED
        fi
        exit 0
        ;;
    status)
        mode=$("$JAVA_HOME/bin/java" -cp "$home/*.jar:$home/conf" org.apache.zookeeper.client.FourLetterWordMain \
            localhost "$port" srvr 2>/dev/null | grep Mode)
        if [ -z "$mode" ]; then
            echo "Error contacting service. It is probably not running."
            exit 1
        fi
        echo "$mode"
        ;;
    *) echo "Usage: $0 {start|stop|status}" >&2; exit 1 ;;
esac

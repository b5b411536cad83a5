#!/bin/sh
# In a fresh Debian, as root: the README's commands for the demo, as they stand there, and an update in it by curl.
set -eux
rm -rf .venv demo  # of an earlier run
sudo() { "$@"; }
sed -n '/^## Try it/,/^sets up/s/^    //p' README.md >/tmp/commands
test "$(tail -n 1 /tmp/commands)" = 'make demo'
apt-get update -qq
export DEBIAN_FRONTEND=noninteractive
# Nobody is there to say yes, and the demo runs until it is ended.
sed -i -e 's/apt-get install/apt-get install -qq -y/' -e '/^make demo$/d' /tmp/commands
. /tmp/commands
make demo >/tmp/demo.out &
demo=$!
trap 'kill $demo 2>/dev/null || true' EXIT

# within SECONDS COMMAND: repeat the command until it succeeds, once a second.
within() {
  set +x
  left=$1
  shift
  until "$@"; do
    left=$((left - 1))
    test $left -gt 0
    kill -0 $demo
    sleep 1
  done
  set -x
}
within 900 grep -q '^ready ' /tmp/demo.out
read -r _ url _ pin <<READY
$(grep '^ready ' /tmp/demo.out)
READY
url=${url%/}

# Its page answers, a refused bundle is refused, and the next version is installed and runs after the reboot.
curl -fsS "$url/" | grep '<title>'
test "$(curl -sS -o /tmp/refusal -w '%{http_code}' -u "mapio:$pin" -F bundle=@"$(echo demo/bundles/*-untrusted.raucb)" "$url/update")" = 422
cat /tmp/refusal
curl -fsS -u "mapio:$pin" -F bundle=@"$(echo demo/bundles/*-20260115.raucb)" "$url/update"
succeeded() { curl -sS "$url/api/status" | grep -q '"result": *"succeeded"'; }
within 180 succeeded
.venv/bin/mapio-display status --socket demo/run/api.sock

# Ended, it leaves nothing behind.
kill $demo
wait $demo || true
trap - EXIT
test -z "$(losetup --list --noheadings | grep "$PWD/demo")"
! curl -s -o /dev/null "$url/"

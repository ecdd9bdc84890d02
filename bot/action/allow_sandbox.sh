#!/bin/bash
# Have bubblewrap, and let it make namespaces on this throw-away machine. Where neither is possible
# the job itself refuses, and says what is lacking.
set -euo pipefail
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }
install_bubblewrap() {
  as_root apt-get -qq update && as_root apt-get -qq install -y --no-install-recommends bubblewrap
}

if ! command -v bwrap >/dev/null && ! install_bubblewrap >/dev/null; then
  echo '::warning::bubblewrap cannot be installed on this runner'
fi
# Ubuntu 24.04 forbids user namespaces to programs without an AppArmor profile.
restriction=/proc/sys/kernel/apparmor_restrict_unprivileged_userns
if [ "$(cat "$restriction" 2>/dev/null || echo 0)" = 1 ]; then
  echo '::notice::lifting kernel.apparmor_restrict_unprivileged_userns on this runner'
  as_root sysctl -qw kernel.apparmor_restrict_unprivileged_userns=0 \
    || echo '::warning::it cannot be lifted; load an AppArmor profile for bubblewrap'
fi

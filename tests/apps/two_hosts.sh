#!/bin/sh
# Two hosts as two network namespaces, joined by a virtual cable: trains on both and compares with one process.
#   two_hosts.sh RADIAL
# Needs root, iproute2 and Open MPI; says "skipped: no namespaces" where it may not make them.
set -eu
radial=$1
suffix=$$
first=radial-a$suffix second=radial-b$suffix
skip() {
  echo "skipped: no namespaces ($1)"
  exit 0
}
[ "$(id -u)" = 0 ] || skip "not root"
command -v ip >/dev/null || skip "no iproute2"
folder=$(mktemp -d)
data=$folder/pictures
trap 'rm -rf "$folder"; ip netns delete $first 2>/dev/null || true; ip netns delete $second 2>/dev/null || true' EXIT
ip netns add $first 2>/dev/null || skip "ip netns add is refused"
ip netns add $second
ip link add v1 netns $first type veth peer name v2 netns $second 2>/dev/null || skip "no virtual cables"
ip -n $first addr add 10.77.0.1/24 dev v1
ip -n $second addr add 10.77.0.2/24 dev v2
for end in "$first v1" "$second v2"; do
  # shellcheck disable=SC2086
  set -- $end
  ip -n "$1" link set "$2" up
  ip -n "$1" link set lo up
done

# What mpirun calls in place of ssh. Host names differ, or Open MPI takes both for one.
agent=$folder/agent.sh
cat >"$agent" <<END
#!/bin/sh
host=\$1
shift
case \$host in 10.77.0.1) space=$first ;; *) space=$second ;; esac
exec ip netns exec \$space unshare --uts sh -c "hostname \$space; \$*"
END
chmod +x "$agent"

training="train $data --arch convnet --image-size 16 --batch-size 4 --epochs 2 --lr 0.05 --threads 1 --workers 1"
training="$training --device cpu --accumulate 2"
"$radial" synth "$data" --classes 3 --train 10 --val 4 --size 20 >/dev/null 2>&1
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMP_NUM_THREADS=1
# shellcheck disable=SC2086
"$radial" $training --out "$folder/one" >"$folder/one.out" 2>&1
ip netns exec $first unshare --uts sh -c "hostname $first; exec mpirun --mca plm_rsh_agent $agent \
  --mca btl_tcp_if_include 10.77.0.0/24 --mca oob_tcp_if_include 10.77.0.0/24 \
  -H 10.77.0.1:1,10.77.0.2:1 -n 2 -x OMP_NUM_THREADS $radial $training --out $folder/two" >"$folder/two.out" 2>&1 || {
  cat "$folder/two.out"
  exit 1
}
grep -q "rank 0 on $first" "$folder/two.out"
grep -q "rank 1 on $second" "$folder/two.out"
for file in checkpoints/best.safetensors layers.csv epochs.csv config.toml; do
  cmp "$folder/one/$file" "$folder/two/$file"
done
echo "two hosts: the same run"

#!/usr/bin/env bash
# Makes the reports under reports/ again, all or those that are named. The same sources and data give the same bytes;
# how long it took goes to the terminal only.
#
#   Simulations/reports.sh [NAME...]        TABLES=folder of outcome tables (default: ../shared/data)
set -euo pipefail
cd "$(dirname "$0")/.."
tables=${TABLES:-../shared/data}
pointsman=${POINTSMAN:-.build/release/pointsman}
# What a result depends on, by its content: the same before and after a commit, and in any clone.
sources="Sources/Statistics Sources/Vectors Sources/Wire Sources/Routing Sources/Evaluation Sources/Embedding
  Sources/Declarations Sources/Reporting Simulations/World Simulations/Experiments"
revision=$(git ls-files -s $sources | git hash-object --stdin | cut -c1-12)
[ -z "$(git status --porcelain -- $sources)" ] || echo "reports: there are changes that are not in the index" >&2
mkdir -p reports

wanted() { [ ${#names[@]} -eq 0 ] || printf '%s\n' "${names[@]}" | grep -qx "$1"; }

simulate() {
  local name=$1 scenario=$2
  shift 2
  wanted "$name" || return 0
  echo "== $name"
  "$pointsman" simulate "Simulations/$scenario.yaml" "$@" --out "reports/$name" --revision "$revision" --force
}

play() {
  local name=$1 scenario=$2 table=$3
  shift 3
  wanted "$name" || return 0
  if [ ! -f "$tables/$table" ]; then
    echo "== $name: skipped, $tables/$table is not there (TABLES names the folder)"
    return 0
  fi
  simulate "$name" "$scenario" --table "$tables/$table" --embedding static "$@"
}

names=("$@")
for scenario in cinematic-vs-product-shot niche-entrant provider-shutdown silent-degradation cold-start price-cut \
  delayed-feedback rater-ring feedback-burst exploration-budget-exhausted; do
  simulate "$scenario" "$scenario"
done
play quality-mmlu-pro table mmlu_pro_peers.jsonl --passes 2 --seeds 10
play quality-llmrouter table llmrouter9.jsonl --passes 3 --seeds 10
play quality-paretobandit table paretobandit_k4.jsonl --passes 4 --seeds 10
play ablation-mmlu-pro table-ablation mmlu_pro_peers.jsonl --passes 2 --seeds 20
play ablation-llmrouter table-ablation llmrouter9.jsonl --passes 3 --seeds 20
play drift-mmlu-pro table-drift mmlu_pro_peers.jsonl --passes 2 --seeds 10
play drift-llmrouter table-drift llmrouter9.jsonl --passes 3 --seeds 10
play cost-paretobandit table paretobandit_k4.jsonl --passes 4 --seeds 10 --cost-weight 0.02
if wanted evaluation-open-bandit; then
  if [ -f "$tables/obd/random/men/men.csv" ]; then
    echo "== evaluation-open-bandit"
    "$pointsman" evaluate --log "$tables/obd/random/men/men.csv" --policy "$tables/obd/bts_action_dist_men.csv" \
      --out reports/evaluation-open-bandit --revision "$revision" --force
  else
    echo "== evaluation-open-bandit: skipped, $tables/obd is not there (TABLES names the folder)"
  fi
fi

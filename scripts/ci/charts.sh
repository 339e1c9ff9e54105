#!/usr/bin/env bash
# Checks the image's file, the chart, the manifests, the compose file, the alert rules and the dashboard. One line a
# check; ends with 1 where one failed. Waits for scripts/ci/tools.sh, which may have been started before.
#   HEAVISIDE_TOOLS   where the programs are kept (default ~/.cache/heaviside/tools)
set -euo pipefail
cd "$(dirname "$0")/../.."
scripts/ci/tools.sh
tools=${HEAVISIDE_TOOLS:-$HOME/.cache/heaviside/tools}
export PATH="$PWD/node_modules/.bin:$tools/bin:$PATH"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chart=helm/heaviside
failed=0

# check NAME COMMAND…: silent where it is well.
check() {
  local name=$1 started=$EPOCHREALTIME outcome=ok
  shift
  "$@" >"$work/out" 2>&1 || outcome=FAILED
  printf '%-6s %s (%s s)\n' "$outcome" "$name" "$(awk "BEGIN { printf \"%.1f\", $EPOCHREALTIME - $started }")"
  [ "$outcome" = ok ] || { sed 's/^/       /' "$work/out"; failed=1; }
}

conform() { # conform KUBERNETES_VERSION FILE: kinds of the Prometheus operator have no schema here
  kubeconform -strict -kubernetes-version "$1" -skip ServiceMonitor,PrometheusRule \
    -schema-location "$tools/schemas/{{.NormalizedKubernetesVersion}}-local{{.StrictSuffix}}/{{.ResourceKind}}{{.KindSuffix}}.json" "$2"
}

rendered() { # rendered VALUES…: the chart is valid for the oldest and the newest Kubernetes
  local version
  for version in 1.27.0 1.37.0; do
    helm template shop "$chart" --kube-version "$version" "$@" >"$work/chart.yaml"
    conform "$version" "$work/chart.yaml"
  done
}

built() { # built FOLDER: the same of what kustomize makes
  local version
  kustomize build "$1" >"$work/kustomized.yaml"
  for version in 1.27.0 1.37.0; do conform "$version" "$work/kustomized.yaml"; done
}

refused() { # refused WORDS VALUES…: helm refuses the values and says these words
  local words=$1 said
  shift
  if said=$(helm template shop "$chart" --kube-version 1.37.0 --set config.redis\\.nodes=redis://redis:6379 "$@" 2>&1); then
    echo "not refused: $*"
    return 1
  fi
  grep -qF -- "$words" <<<"$said" || { echo "refused without \"$words\": $said"; return 1; }
}

alert_rules() {
  promtool check rules "$chart/files/alerts.yaml" && promtool test rules test/alerts/*.test.yaml
}

everything=(-f "$chart/examples/production.yaml" -f "$chart/tests/values/everything.yaml")
mapfile -t dockerfiles < <(git ls-files '*Dockerfile')
check "hadolint: ${#dockerfiles[@]} files" hadolint "${dockerfiles[@]}"
check 'helm lint --strict: values.yaml' helm lint --strict --quiet --kube-version 1.37.0 "$chart"
for example in "$chart"/examples/*.yaml; do
  check "helm lint --strict: ${example##*/}" helm lint --strict --quiet --kube-version 1.37.0 "$chart" -f "$example"
  check "kubeconform: chart with ${example##*/}" rendered -f "$example"
done
check 'kubeconform: chart with everything switched on' rendered "${everything[@]}"
check 'helm-unittest' helm-unittest "$chart"
check 'every option is reached by a value' tsx scripts/chart/walk-options.ts
check 'the schema refuses an unknown option' refused kafka.batch.sice --set config.kafka\\.batch\\.sice=1
check 'the schema refuses an unknown value' refused replicas --set replicas=3
check 'the schema refuses a number out of range' refused lease_ttl_ms --set config.lease_ttl_ms=1
check 'the schema refuses a secret in clear text' refused password --set config.password=hunter2
check 'the schema refuses a word that is no choice' refused delivery --set config.delivery=twice
check 'k8s/ is in step with the chart' tsx scripts/chart/manifests.ts --check
for folder in k8s/base k8s/overlays/*/; do check "kubeconform: $folder" built "$folder"; done
for file in docker-compose*.yml; do
  check "compose config: $file" docker-compose -f "$file" --profile '*' config --quiet
done
check 'promtool: rules, and their tests' alert_rules
check "the dashboard by Grafana's own schema" grafana-dashboard "$chart/files/dashboard.json"
exit "$failed"

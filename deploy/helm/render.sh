#!/bin/sh
# Renders the chart with everything switched on into rendered/, where the tests look at it on machines without Helm.
# Run it after each change of the chart; the tests compare the hash of what it was made from.
set -eu
cd "$(dirname "$0")/consilium-coordinator"
helm lint --strict --values rendered/values.yaml . >&2
helm template r . --kube-version 1.33.0 --values rendered/values.yaml > rendered/everything.yaml
cat Chart.yaml values.yaml values.schema.json rendered/values.yaml templates/* | sha256sum | cut -c1-64 > rendered/sources.sha256

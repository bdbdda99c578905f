#!/usr/bin/env bash
# Lets transformers and compressed-tensors read what `moe-cli quantize` writes. Where they can
# neither be found nor installed, says so and is done.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
check=Tests/Quantized/check_quantized.py
requirements=Tests/Quantized/requirements.txt
environment=.build-quantized

# The very versions that the check was written for, wherever they are.
has_requirements() {
    "$1" - "$requirements" 2>/dev/null <<'END'
import importlib.metadata, sys
for line in open(sys.argv[1]):
    if "==" in line and not line.startswith("#"):
        name, version = line.strip().split("==")
        assert importlib.metadata.version(name).split("+")[0] == version, name
END
}

for python in python3 "$environment/bin/python"; do
    if has_requirements "$python"; then
        exec "$python" "$check" "$@"
    fi
done
if ! { python3 -m venv "$environment" && "$environment/bin/pip" install --quiet \
    --retries 1 --timeout 30 --requirement "$requirements"; } >"$environment.log" 2>&1; then
    echo "check-quantized: skipped: transformers and compressed-tensors cannot be installed:"
    tail -n 1 "$environment.log"
    exit 0
fi
exec "$environment/bin/python" "$check" "$@"

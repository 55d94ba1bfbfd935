give() { echo "{\"reward\": $1, \"tidy\": $([ -d /app/sorted ] && echo 1 || echo 0)}" >/logs/verifier/reward.json; }

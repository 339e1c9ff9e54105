# A version to come, for the downgrade of `npm run e2e:k8s`: it writes position records and checkpoints of version 2.
#   docker build -f scripts/e2e/newer-format.Dockerfile -t heaviside:newer-format .
ARG IMAGE=heaviside:0.1.0
FROM ${IMAGE}
USER 0
RUN ["node", "-e", "const fs = require('node:fs'); for (const [file, from, to] of [['checkpoint/position-tracker.js', 'this.snapshot === null ? 1 : 2,', '3,'], ['assembly/redis-parts.js', 'v: 1,', 'v: 3,'], ['model/position-record.js', 'v === 1 ||', 'v === 1 || v === 3 ||'], ['checkpoint/redis-checkpoint-store.js', \"v === '1'\", \"['1', '3'].includes(v)\"]]) { const path = '/opt/heaviside/dist/' + file; const text = fs.readFileSync(path, 'utf8'); if (!text.includes(from)) throw new Error(file); fs.writeFileSync(path, text.replace(from, to)); }"]
USER 10001:10001

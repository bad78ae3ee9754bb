# One image for the API, the workers and the Sandbox EMR: docker-compose.yml says which of them a container runs.
FROM node:24-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY shared/package.json shared/
COPY shared/launch/package.json shared/launch/
COPY api/package.json api/
COPY worker/package.json worker/
COPY worker/sandbox-emr/package.json worker/sandbox-emr/
COPY test/package.json test/
# No scripts: the only one that matters brings Node, and it is here already.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
    --workspace shared --workspace shared/launch --workspace api --workspace worker --workspace worker/sandbox-emr \
 && npm cache clean --force

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=packages /app ./
COPY shared shared
COPY api api
COPY worker worker
# A new volume mounted here takes over the owner, so that the services can share a key that only they can read.
RUN mkdir /keys && chown node:node /keys && chmod 700 /keys
USER node
EXPOSE 3000 3001
CMD ["node", "--max-semi-space-size=16", "--initial-old-space-size=32", "--heap-growing-percent=100", "api/src/server.ts"]

# The agent of a hospital, training on the processor. From the root of the repository:
#   docker build -f deploy/docker/site.Dockerfile -t consilium-site:0.1.0 .
# It runs as user 10001 (or any other), writes to /var/lib/consilium and nowhere else, listens on nothing, and opens one
# connection: to the coordinator. Data are mounted read-only under /data.
FROM docker.io/library/node:24.21.0-bookworm-slim AS build
WORKDIR /opt/consilium
ENV CI=true
COPY . .
RUN npm ci --loglevel=error && npm run build
RUN rm -rf node_modules site-agent/node_modules \
  && npm ci --loglevel=error --omit=dev --omit=optional --workspace=@consilium/site-agent
RUN mkdir -p /out && cp -a package.json node_modules LICENSE /out/ \
  && for part in libs/* site-agent; do mkdir -p "/out/$part" && cp -a "$part/package.json" "$part/dist" "/out/$part/"; done

FROM docker.io/library/node:24.21.0-bookworm-slim
LABEL org.opencontainers.image.title="Consilium site agent" org.opencontainers.image.licenses="Apache-2.0"
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn* /opt/yarn* \
  && groupadd --gid 10001 consilium && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin consilium \
  && install -d -m 0700 -o 10001 -g 10001 /var/lib/consilium && install -d -m 0755 /data
COPY --from=build --chown=0:0 /out /opt/consilium
ENV NODE_ENV=production
USER 10001:10001
WORKDIR /var/lib/consilium
STOPSIGNAL SIGTERM
# Alive means that its loop answers: never whether the coordinator can be reached, because a restart throws training away.
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=6 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9465/metrics', { signal: AbortSignal.timeout(8000) }).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/opt/consilium/site-agent/dist/program/consilium-site.js", "--config", "/etc/consilium/site.yaml"]
CMD ["run"]

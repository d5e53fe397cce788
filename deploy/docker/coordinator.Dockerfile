# The coordinator. From the root of the repository:
#   docker build -f deploy/docker/coordinator.Dockerfile -t consilium-coordinator:0.1.0 .
# It runs as user 10001 (or any other), writes to /var/lib/consilium-coordinator and nowhere else, and needs no capability.
FROM docker.io/library/node:24.21.0-bookworm-slim AS build
WORKDIR /opt/consilium
ENV CI=true
COPY . .
RUN npm ci --loglevel=error && npm run build
# Only what runs: no compiler, no test, and no PostgreSQL of its own, because an image is given one.
RUN rm -rf node_modules coordinator/node_modules \
  && npm ci --loglevel=error --omit=dev --omit=optional --workspace=@consilium/coordinator
RUN mkdir -p /out/coordinator && cp -a package.json node_modules LICENSE /out/ \
  && for part in libs/* coordinator; do mkdir -p "/out/$part" && cp -a "$part/package.json" "$part/dist" "/out/$part/"; done \
  && if [ -d coordinator/console/dist ]; then mkdir -p /out/coordinator/console && cp -a coordinator/console/package.json coordinator/console/dist /out/coordinator/console/; fi

FROM docker.io/library/node:24.21.0-bookworm-slim
LABEL org.opencontainers.image.title="Consilium coordinator" org.opencontainers.image.licenses="Apache-2.0"
# Package managers could fetch what is not in here.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn* /opt/yarn* \
  && groupadd --gid 10001 consilium && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin consilium \
  && install -d -m 0700 -o 10001 -g 10001 /var/lib/consilium-coordinator
COPY --from=build --chown=0:0 /out /opt/consilium
ENV NODE_ENV=production
USER 10001:10001
WORKDIR /var/lib/consilium-coordinator
EXPOSE 7443 7480
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:7480/readyz', { signal: AbortSignal.timeout(4000) }).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/opt/consilium/coordinator/dist/program/consilium-coordinator.js"]
CMD ["--config", "/etc/consilium/coordinator.yaml"]

# The agent of a hospital with an NVIDIA card (driver 525 or later and its container toolkit on the host). From the root:
#   docker build -f deploy/docker/site-gpu.Dockerfile -t consilium-site-gpu:0.1.0 .
#   docker run --gpus all …
# As site.Dockerfile, with the native engine: its library comes as TensorFlow's and NVIDIA's own wheels (about 3 GB),
# checked and built by deploy/engine-native.mjs. No CUDA base image is needed.
FROM docker.io/library/node:24.21.0-bookworm AS build
WORKDIR /opt/consilium
# The image brings Node's headers: nothing is fetched for the compiler.
ENV CI=true npm_config_nodedir=/usr/local
RUN apt-get update && apt-get install --yes --no-install-recommends python3 python3-pip g++ make && rm -rf /var/lib/apt/lists/*
COPY . .
RUN npm ci --loglevel=error && npm run build
RUN rm -rf node_modules site-agent/node_modules \
  && npm ci --loglevel=error --omit=dev --omit=optional --workspace=@consilium/site-agent
# Without a card at hand its own trial runs on the processor; the card is opened where the image runs.
RUN npm exec --offline --call 'node deploy/engine-native.mjs --cuda'
RUN mkdir -p /out && cp -a package.json node_modules .engine LICENSE /out/ \
  && for part in libs/* site-agent; do mkdir -p "/out/$part" && cp -a "$part/package.json" "$part/dist" "/out/$part/"; done

FROM docker.io/library/node:24.21.0-bookworm-slim
LABEL org.opencontainers.image.title="Consilium site agent, NVIDIA" org.opencontainers.image.licenses="Apache-2.0"
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn* /opt/yarn* \
  && groupadd --gid 10001 consilium && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin consilium \
  && install -d -m 0700 -o 10001 -g 10001 /var/lib/consilium && install -d -m 0755 /data
# At the path where it was built: the add-on knows its libraries by it.
COPY --from=build --chown=0:0 /out /opt/consilium
ENV NODE_ENV=production NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
USER 10001:10001
WORKDIR /var/lib/consilium
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=120s --retries=6 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9465/metrics', { signal: AbortSignal.timeout(8000) }).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/opt/consilium/site-agent/dist/program/consilium-site.js", "--config", "/etc/consilium/site.yaml"]
CMD ["run"]

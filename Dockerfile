# The image of Heaviside: Node, production dependencies, the compiled program; no shell is needed at run time.
#   docker build -t heaviside:0.1.0 .
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM ${NODE_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="heaviside" \
      org.opencontainers.image.description="Highly available MySQL to Kafka change replicator that speaks Maxwell" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
ENV NODE_ENV=production
WORKDIR /opt/heaviside
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
COPY LICENSE ./
RUN chmod 0755 dist/main.js \
 && ln -s /opt/heaviside/dist/main.js /usr/local/bin/heaviside \
 && mkdir -p /etc/heaviside /var/lib/heaviside/spill \
 && chown 10001:10001 /var/lib/heaviside /var/lib/heaviside/spill
USER 10001:10001
EXPOSE 8080
# The process is PID 1 and handles its signals itself: SIGTERM hands the leadership over.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.HEAVISIDE_HTTP_PORT ?? 8080}/livez`).then(({ok}) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Nothing here lives through the young generation: 4 MiB of it do, and V8's own 16 would cost up to 40 MB more.
ENTRYPOINT ["node", "--max-semi-space-size=4", "/opt/heaviside/dist/main.js"]
CMD ["run"]

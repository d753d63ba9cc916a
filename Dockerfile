# sealed-prover in one image: the service, its command line and the engine. Needs BuildKit, the builder of Docker since 23.0.
# The tags are exact versions. To pin the bytes too, ask `docker buildx imagetools inspect IMAGE:TAG` for the digest and
# write IMAGE:TAG@sha256:… in these two lines.
ARG RUST_IMAGE=rust:1.95.0-bookworm
ARG NODE_IMAGE=node:20.20.2-bookworm-slim

# The engine: about ten minutes on a small machine the first time, less while the two caches are warm.
FROM ${RUST_IMAGE} AS engine
WORKDIR /build
COPY Cargo.toml Cargo.lock ./
COPY engine engine
# A member of the workspace: cargo wants to see it, but does not build it here.
COPY conformance conformance
# For processors that nobody knows yet: AVX2, which every server of the last ten years has (docs/engine.md, "The processor").
ENV RUSTFLAGS="-C target-cpu=x86-64-v3"
# A dependency's build script asks for protoc, and a package of the lockfile carries it. x86-64, as the engine itself: it stands on
# SP1's native executor, which exists for no other processor.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target \
    cargo fetch --locked \
    && PROTOC="$(ls /usr/local/cargo/registry/src/*/protoc-bin-vendored-linux-x86_64-*/bin/protoc)" \
    && export PROTOC \
    && cargo build --release --locked -p sealed-prover-engine \
    && install -m 0755 target/release/sealed-prover-engine /usr/local/bin/sealed-prover-engine

# The service: compiled with all packages, then left with those it runs on.
FROM ${NODE_IMAGE} AS service
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY src src
RUN node scripts/build.mjs && npm prune --omit=dev

FROM ${NODE_IMAGE}
# Process 1 has to bury what a killed engine leaves behind. Node does not; tini does, and passes SIGTERM on.
# tini's version is Debian's: its mirrors keep one only, and an exact one would stop resolving.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/* \
    && install -d -o 1000 -g 1000 -m 0700 /data \
    && ln -s /app/dist/cli.js /usr/local/bin/sealed-prover
WORKDIR /app
COPY LICENSE package.json ./
COPY examples examples
COPY --from=service /app/node_modules node_modules
COPY --from=service /app/dist dist
COPY --from=engine /usr/local/bin/sealed-prover-engine /usr/local/bin/sealed-prover-engine
ENV NODE_ENV=production \
    SEALED_ENGINE=/usr/local/bin/sealed-prover-engine
# The image's own user `node`, by number: Kubernetes cannot tell from a name that it is not root.
USER 1000:1000
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["node", "-e", "fetch('http://127.0.0.1:8080/health').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Options of `serve` may follow: docker run … sealed-prover --proof-retention 1d
ENTRYPOINT ["tini", "--", "sealed-prover", "serve", "--listen", "0.0.0.0:8080", "--data", "/data"]

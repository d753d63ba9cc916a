# sealed-prover in one image: the service, its command line and the engine. Needs BuildKit, the builder of Docker since 23.0.
#   docker build -t sealed-prover .
#   docker build -t sealed-prover:gpu --build-arg VARIANT=gpu .     with NVIDIA's CUDA runtime, for an sp1-gpu-server that you mount
# The tags are exact versions. To pin the bytes too, ask `docker buildx imagetools inspect IMAGE:TAG` for the digest and
# write IMAGE:TAG@sha256:… in these lines.
ARG RUST_IMAGE=rust:1.95.0-bookworm
ARG NODE_IMAGE=node:24.22.3-bookworm-slim
# Its runtime must be the one that the server was linked with: libcudart.so.13.
ARG CUDA_IMAGE=nvidia/cuda:13.0.1-base-ubuntu24.04
ARG VARIANT=cpu

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
COPY web web
RUN node scripts/build.mjs && npm prune --omit=dev

# What the last stage stands on: Node.js, tini, and for GPUs the CUDA runtime.
# tini's version is the distribution's: its mirrors keep one only, and an exact one would stop resolving.
FROM ${NODE_IMAGE} AS base-cpu
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/*

FROM ${CUDA_IMAGE} AS base-gpu
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends tini ca-certificates \
    && rm -rf /var/lib/apt/lists/*
COPY --from=base-cpu /usr/local/bin/node /usr/local/bin/node

FROM base-${VARIANT}
RUN install -d -o 1000 -g 1000 -m 0700 /data \
    && ln -s /app/dist/cli.js /usr/local/bin/sealed-prover
WORKDIR /app
COPY LICENSE package.json ./
COPY examples examples
COPY image image
COPY --from=service /app/node_modules node_modules
COPY --from=service /app/dist dist
COPY --from=engine /usr/local/bin/sealed-prover-engine bin/sealed-prover-engine
# Address and data folder of the image stand in a file that is weaker than everything else: flags, environment and a configuration
# file win over it, as they win over the built-in defaults. The engine lies where it is found without a setting.
ENV NODE_ENV=production \
    SEALED_DEFAULTS=/app/image/defaults.json
# The first user of both bases, by number: Kubernetes cannot tell from a name that it is not root.
USER 1000:1000
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
# Asks the service by its own configuration: what process 1 was given, environment, file, TLS. A prover that has all processors
# makes even this slow.
HEALTHCHECK --interval=30s --timeout=20s --start-period=60s CMD ["sealed-prover", "health"]
# A command may follow, or options of `serve`: docker run … sealed-prover --proof-retention 1d
ENTRYPOINT ["/app/image/entrypoint.sh"]
CMD ["serve"]

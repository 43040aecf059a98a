# An image of one service: docker build --build-arg SERVICE=gateway -t coroute/gateway .
# SPDX-License-Identifier: BSL-1.0

FROM debian:bookworm-slim AS build
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        clang-19 cmake libboost1.81-dev libcli11-dev libfmt-dev libspdlog-dev lld-19 ninja-build nlohmann-json3-dev \
        libargon2-dev libbrotli-dev libre2-dev libsimdjson-dev libssl-dev libzstd-dev python3-pip zlib1g-dev \
    && apt-get clean \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
ARG JOBS=2
# The library comes first and every service is built: images of other services, and of changed services, share the layers.
COPY CMakeLists.txt CMakePresets.json ./
COPY cmake cmake
COPY framework framework
RUN cmake --preset release -DCOROUTE_BUILD_SERVICES=OFF -DCOROUTE_BUILD_TESTS=OFF \
    && cmake --build --preset release --parallel "$JOBS"
COPY services services
RUN cmake --preset release -DCOROUTE_BUILD_SERVICES=ON \
    && cmake --build --preset release --parallel "$JOBS"

FROM debian:bookworm-slim
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ca-certificates libargon2-1 libbrotli1 libfmt9 libre2-9 libsimdjson14 libspdlog1.10 libssl3 libstdc++6 libzstd1 zlib1g \
    && apt-get clean \
    && rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log \
    && groupadd --gid 10001 coroute \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin coroute \
    && install --directory --owner=10001 --group=10001 /var/lib/coroute
ARG SERVICE=quickstart
COPY --from=build /src/build/release/services/${SERVICE} /opt/coroute/service
# The drain ends before the ten seconds that docker stop waits are over. Data is for a volume, which takes over the owner.
ENV COROUTE_HOST=0.0.0.0 COROUTE_PORT=8000 COROUTE_DRAIN_TIMEOUT=8s COROUTE_DATA=/var/lib/coroute
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=5s --retries=3 CMD ["/opt/coroute/service", "--healthcheck"]
ENTRYPOINT ["/opt/coroute/service"]

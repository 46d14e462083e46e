# syntax=docker/dockerfile:1

FROM rust:1.95-bookworm AS builder
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --locked --profile dist --bin keywright \
    && install -D target/dist/keywright /out/keywright \
    && install -d -m 0700 /out/data

# No shell and no package manager; the C library and the CA certificates are all that is in it.
FROM gcr.io/distroless/cc-debian12:nonroot
LABEL org.opencontainers.image.title="Keywright" \
      org.opencontainers.image.description="An OAuth 2.0 and OpenID Connect authorization server" \
      org.opencontainers.image.licenses="Apache-2.0 OR MIT"
COPY --from=builder /out/keywright /usr/local/bin/keywright
COPY --from=builder --chown=65532:65532 /out/data /data

# Everything that is written lands in /data, so the root file system can be read-only.
ENV KEYWRIGHT_SERVER__LISTEN=0.0.0.0:8080 \
    KEYWRIGHT_DATABASE__URL=sqlite:/data/keywright.db \
    KEYWRIGHT_KEYS__DIRECTORY=/data/keys
VOLUME ["/data"]
WORKDIR /data
USER 65532:65532
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 CMD ["keywright", "healthcheck"]
ENTRYPOINT ["keywright"]
CMD ["serve"]

# The site as an image: `docker build -t practice-site .`. docs/running.md says how to run it; deploy/compose.yaml does.
FROM docker.io/library/rust:1.95-slim-trixie AS build
WORKDIR /build

# The dependencies alone, with stand-ins for our own code: this takes long, and changes only with these two files.
COPY Cargo.toml Cargo.lock ./
RUN mkdir -p src benches/speed \
    && echo 'fn main() {}' | tee src/main.rs src/build.rs > benches/speed/main.rs \
    && touch src/lib.rs \
    && cargo build --locked --profile dist \
    && rm -r src benches

COPY . .
# What --version names, as there is no git in here: --build-arg BUILD_COMMIT=$(git rev-parse --short=12 HEAD)
ARG BUILD_COMMIT
# cargo goes by times, and the stand-ins are newer than what was copied.
RUN find src -name '*.rs' -exec touch {} + \
    && cargo build --locked --profile dist \
    && target/dist/practice-site check --data /tmp/data \
    && mkdir /build/data

# glibc, certificates and the user 65532, and neither a shell nor a package manager.
FROM gcr.io/distroless/cc-debian13:nonroot
COPY --from=build /build/target/dist/practice-site /usr/local/bin/practice-site
COPY content /srv/content
COPY --from=build --chown=65532:65532 /build/data /data
ENV PRACTICE_LISTEN=0.0.0.0:3000 PRACTICE_DATA=/data PRACTICE_CONTENT=/srv/content
USER 65532:65532
VOLUME /data
EXPOSE 3000
STOPSIGNAL SIGTERM
# The process alone: mail or a disk in trouble is no reason to restart the site.
HEALTHCHECK --interval=30s --timeout=6s --start-period=10s CMD ["practice-site", "healthcheck"]
ENTRYPOINT ["practice-site"]
CMD ["serve"]

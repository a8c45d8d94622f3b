# The image of the agent (make docker-build), with vppapi for who looks into its
# Pod; `make image` makes the same without Docker. The compiler runs on the
# builder's platform and builds for the image's.
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETOS TARGETARCH VERSION=unknown
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -ldflags "-s -w -X github.com/vpp-operator/vpp-operator/cmd/internal/version.version=$VERSION" -o /out/ ./cmd/...

# There is no distribution below the programs, not even the few files of a
# distroless base: they are static, run as a number and not as a name, know the API
# server by the certificate that the Pod is given, make the one that they serve
# metrics with in memory, tell times in UTC and write no temporary files. So there
# is nothing here to keep up to date but them.
FROM scratch
COPY --from=build /out/ /
USER 65532:65532
ENTRYPOINT ["/vpp-operator"]

module holdfast.test/leaks/health_go

go 1.23.0

require github.com/hellofresh/health-go/v5 v5.5.4

require (
	go.opentelemetry.io/otel v1.35.0 // indirect
	go.opentelemetry.io/otel/trace v1.35.0 // indirect
)

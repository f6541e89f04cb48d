"""What independent tools say of the captures in ../shared/data, and where wiretell says otherwise."""
